/** `kvorum shop`: users, products and orders. */
import type { Command } from 'commander';
import { addCancelCommand, addConfirmCommand, addPayCommand } from './shop/order-steps.ts';
import { addCreateOrderCommand } from './shop/order-create.ts';
import { addListOrdersCommand } from './shop/order-list.ts';
import { addShowOrderCommand } from './shop/order-show.ts';
import { addAddProductCommand } from './shop/product-add.ts';
import { addDeleteProductCommand } from './shop/product-delete.ts';
import { addListProductsCommand } from './shop/product-list.ts';
import { addShowProductCommand } from './shop/product-show.ts';
import { addUpdateProductCommand } from './shop/product-update.ts';
import { addLoginCommand } from './shop/user-login.ts';
import { addRegisterUserCommand } from './shop/user-register.ts';
import { addShowUserCommand } from './shop/user-show.ts';
import { addUpdateUserCommand } from './shop/user-update.ts';

/** Adds `shop` and everything below it. */
export function addShopCommand(program: Command): void {
  const shop = program.command('shop').description('Users, products and orders of the shop');
  const user = shop.command('user').description('Register users, and check who they are');
  addRegisterUserCommand(user);
  addLoginCommand(user);
  addShowUserCommand(user);
  addUpdateUserCommand(user);
  const product = shop.command('product').description('What the shop sells');
  addAddProductCommand(product);
  addUpdateProductCommand(product);
  addDeleteProductCommand(product);
  addShowProductCommand(product);
  addListProductsCommand(product);
  const order = shop.command('order').description('Orders, from creation to confirmation');
  addCreateOrderCommand(order);
  addPayCommand(order);
  addConfirmCommand(order);
  addCancelCommand(order);
  addShowOrderCommand(order);
  addListOrdersCommand(order);
}
